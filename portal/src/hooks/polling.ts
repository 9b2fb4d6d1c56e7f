import { useEffect } from "react";

/** The share by which the time until the next poll varies, so that pages that were opened together do not poll together. */
const JITTER = 0.2;

/** A page that comes into view polls at once, unless its data is younger than this. */
const FRESH_MS = 5_000;

const isInView = () => document.visibilityState === "visible";

/**
 * Calls `poll` about every `seconds` while the page is in view, and when it comes into view or the network is back; never
 * while a request is in flight, and not before `retryDelay` milliseconds after a response that asked to wait.
 */
export function usePolling(seconds: number, isFetching: boolean, poll: () => void, retryDelay: number): void {
  useEffect(() => {
    // Runs again with the answer.
    if (isFetching) return;
    const answeredAt = Date.now();
    let isDone = false;
    const pollOnce = () => {
      if (isDone || !isInView() || Date.now() - answeredAt < retryDelay) return;
      isDone = true;
      poll();
    };
    const pollUnlessFresh = () => {
      if (Date.now() - answeredAt >= FRESH_MS) pollOnce();
    };
    const interval = seconds * 1_000 * (1 - JITTER + 2 * JITTER * Math.random());
    const timer = setTimeout(pollOnce, Math.max(interval, retryDelay));
    document.addEventListener("visibilitychange", pollUnlessFresh);
    addEventListener("focus", pollUnlessFresh);
    addEventListener("online", pollOnce);
    return () => {
      clearTimeout(timer);
      document.removeEventListener("visibilitychange", pollUnlessFresh);
      removeEventListener("focus", pollUnlessFresh);
      removeEventListener("online", pollOnce);
    };
  }, [seconds, isFetching, poll, retryDelay]);
}
