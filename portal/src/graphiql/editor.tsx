import { GraphiQL } from "graphiql";
import "graphiql/setup-workers/vite";
import "graphiql/style.css";
import { useState } from "react";
import "./editor.css";
import { exampleTabs } from "./example-tabs";
import { createFetcher } from "./fetcher";
import { storage } from "./storage";

interface Props {
  readonly token: string;
  /** Called when the server no longer accepts the token. */
  readonly onTokenRejected: (message: string) => void;
}

/** GraphiQL, sending its requests with a token. */
export default function Editor({ token, onTokenRejected }: Props) {
  const [fetcher] = useState(() => createFetcher(token, onTokenRejected));
  const [defaultTabs] = useState(() => exampleTabs());
  return (
    <GraphiQL
      fetcher={fetcher}
      storage={storage}
      defaultTabs={defaultTabs}
      defaultEditorToolsVisibility="variables"
      shouldPersistHeaders={false}
      showPersistHeadersSettings={false}
      inputValueDeprecation
    >
      {/* An empty logo: the header above already shows one. */}
      <GraphiQL.Logo> </GraphiQL.Logo>
    </GraphiQL>
  );
}
