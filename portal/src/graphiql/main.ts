import { startPage } from "../start-page";
import "../base.css";
import "./page.css";

void startPage(() => import("./page"));
