/** Shown if GraphiQL cannot be loaded: the server is down, or it was updated and no longer has this version's files. */
export function LoadError() {
  return (
    <div className="page-message" role="alert">
      <p>GraphiQL could not be loaded.</p>
      <button className="button-large" type="button" onClick={() => location.reload()}>
        Reload the page
      </button>
    </div>
  );
}
