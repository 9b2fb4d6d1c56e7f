import { createRoot } from "react-dom/client";
import { App } from "./app";
import "../base.css";
import "./page.css";

const page = document.getElementById("page");
if (page) createRoot(page).render(<App />);
