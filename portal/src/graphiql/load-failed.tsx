/** In place of GraphiQL when it cannot be loaded: the server is gone, or has another version of this page by now. */
export function LoadFailed() {
  return (
    <div className="notice" role="alert">
      <p>GraphiQL could not be loaded.</p>
      <button className="primary" type="button" onClick={() => location.reload()}>
        Reload the page
      </button>
    </div>
  );
}
