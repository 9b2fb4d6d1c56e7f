import { createRoot } from "react-dom/client";
import { BrowserRouter } from "react-router";
import { App } from "./app";
import "./base.css";
import "./app.css";

const page = document.getElementById("page");
if (page) {
  createRoot(page).render(
    <BrowserRouter>
      <App />
    </BrowserRouter>,
  );
}
