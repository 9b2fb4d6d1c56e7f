import { useEffect } from "react";

/**
 * Sets the title of the document. Only for the innermost page: the effect of an outer component would run later and
 * win.
 */
export function useDocumentTitle(title: string): void {
  useEffect(() => {
    document.title = `${title} · revshare`;
  }, [title]);
}
