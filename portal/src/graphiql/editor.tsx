import { GraphiQL } from "graphiql";
import "graphiql/setup-workers/vite";
import "graphiql/style.css";
import { useState } from "react";
import "./editor.css";
import { fetcherFor } from "./fetcher";
import { storage } from "./storage";
import { tabs } from "./tabs";

interface Props {
  readonly token: string;
  /** Called when the server no longer takes the token. */
  readonly onRefused: (reason: string) => void;
}

/** GraphiQL for whoever has this token. */
export default function Editor({ token, onRefused }: Props) {
  const [fetcher] = useState(() => fetcherFor(token, onRefused));
  const [defaultTabs] = useState(() => tabs());
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
      {/* The bar above says what this is. */}
      <GraphiQL.Logo> </GraphiQL.Logo>
    </GraphiQL>
  );
}
