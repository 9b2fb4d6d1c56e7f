import { startPage } from "./start-page";
import "./base.css";
import "./app.css";

void startPage(() => import("./portal"));
