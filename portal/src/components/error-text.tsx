import type { ErrorWords } from "../format/server-words";

type Props = Pick<ErrorWords, "message" | "original"> & Partial<Pick<ErrorWords, "language">>;

/** The words of an error, followed by those of the server if these say more. */
export function ErrorText({ message, language, original }: Props) {
  return (
    <>
      <span lang={language}>{message}</span>
      {original && <> <span lang="en">({original})</span></>}
    </>
  );
}
