import { useEffect, useLayoutEffect, useState } from "react";
import { useToken } from "../api";

interface Brand {
  readonly brandColor: string | null;
  readonly brandColorOnDark: string | null;
}

/** Shows buttons, links and marks in the colour of the tenant, whose contrast the server has checked. */
export function useBrandColor({ brandColor, brandColorOnDark }: Brand): void {
  useLayoutEffect(() => {
    if (!brandColor || !brandColorOnDark) return;
    const { style, classList } = document.body;
    style.setProperty("--brand", `light-dark(${brandColor}, ${brandColorOnDark})`);
    classList.add("branded");
    return () => {
      style.removeProperty("--brand");
      classList.remove("branded");
    };
  }, [brandColor, brandColorOnDark]);
}

/**
 * The tenant's logo as a data URL: a browser sends no token with the request of an image. Null while it is loading, and if it
 * cannot be loaded.
 */
export function useLogo(path: string | null): string | null {
  const getToken = useToken();
  const [logo, setLogo] = useState<{ readonly path: string; readonly url: string } | null>(null);
  useEffect(() => {
    if (!path) return;
    const abort = new AbortController();
    void loadImage(path, getToken(), abort.signal).then((url) => url && setLogo({ path, url }));
    return () => abort.abort();
  }, [path, getToken]);
  return logo && logo.path === path ? logo.url : null;
}

async function loadImage(path: string, token: string, signal: AbortSignal): Promise<string | null> {
  try {
    const response = await fetch(path, { headers: { authorization: `Bearer ${token}` }, signal });
    return response.ok ? await toDataUrl(await response.blob()) : null;
  } catch {
    // The page shows the name of the tenant instead.
    return null;
  }
}

/** Reads a file as a data URL. */
export function toDataUrl(blob: Blob): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result));
    reader.onerror = () => reject(new Error("the image cannot be read"));
    reader.readAsDataURL(blob);
  });
}
