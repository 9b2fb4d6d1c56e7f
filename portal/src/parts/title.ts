import { useEffect } from "react";

/** The title of the page, in the tab and in the history. Only for what has no other page within it: the outer one would win. */
export function useTitle(title: string): void {
  useEffect(() => {
    document.title = `${title} · revshare`;
  }, [title]);
}
