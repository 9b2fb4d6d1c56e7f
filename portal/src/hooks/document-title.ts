import { useEffect } from "react";

let title = "";
/** The number of rows that wait for the user, in front of the title. */
let count = 0;

function show() {
  if (title) document.title = `${count > 0 ? `(${count}) ` : ""}${title} · revshare`;
}

/**
 * Sets the title of the document. Only for the innermost page: the effect of an outer component would run later and
 * win.
 */
export function useDocumentTitle(pageTitle: string): void {
  useEffect(() => {
    title = pageTitle;
    show();
  }, [pageTitle]);
}

/** Shows a number in front of the title of the document, whatever the title is. */
export function useTitleCount(titleCount: number): void {
  useEffect(() => {
    count = titleCount;
    show();
    return () => {
      count = 0;
      show();
    };
  }, [titleCount]);
}
