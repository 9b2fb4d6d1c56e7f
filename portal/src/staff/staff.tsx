import { Route, Routes } from "react-router";
import { Nothing } from "../parts/nothing";
import { Partners } from "./partners";
import { PayoutDesk } from "./payouts";
import { Queue } from "./queue";
import { Reconciliation } from "./reconciliation";

/** The pages of staff. */
export default function Staff() {
  return (
    <Routes>
      <Route index element={<Queue />} />
      <Route path="payouts" element={<PayoutDesk />} />
      <Route path="partners" element={<Partners />} />
      <Route path="reconciliation" element={<Reconciliation />} />
      <Route path="*" element={<Nothing />} />
    </Routes>
  );
}
