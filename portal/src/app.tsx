import { lazy, Suspense } from "react";
import { Navigate, Route, Routes } from "react-router";
import { Accounts } from "./partners/accounts";
import { PartnerFrame } from "./partners/frame";
import { Payouts } from "./partners/payouts";
import { Referrals } from "./partners/referrals";
import { Revenue } from "./partners/revenue";
import { Frame } from "./parts/frame";
import { Failed, Guarded } from "./parts/guarded";
import { Nothing } from "./parts/nothing";
import { Heading } from "./parts/section";
import { useTitle } from "./parts/title";
import { Gate } from "./sign-in/gate";
import { useSession } from "./sign-in/session";

// Partners never load them.
const Staff = lazy(() => import("./staff/staff").catch(() => ({ default: Failed })));

/** The portal: who is not signed in sees the door, and who is, the pages that are theirs. */
export function App() {
  return (
    <Gate>
      <Frame>
        <Guarded>
          <Suspense fallback={<p className="notice">Loading…</p>}>
            <Routes>
              <Route path="/" element={<Home />} />
              <Route path="/sign-in" element={<Home />} />
              <Route path="/partners" element={<PartnerFrame />}>
                <Route index element={<Navigate to="revenue" replace />} />
                <Route path="revenue" element={<Revenue />} />
                <Route path="payouts" element={<Payouts />} />
                <Route path="referrals" element={<Referrals />} />
                <Route path="accounts" element={<Accounts />} />
              </Route>
              <Route path="/staff/*" element={<ForStaff />} />
              <Route path="*" element={<Nothing />} />
            </Routes>
          </Suspense>
        </Guarded>
      </Frame>
    </Gate>
  );
}

function Home() {
  const { viewer } = useSession();
  return <Navigate to={viewer.kind === "STAFF" ? "/staff" : "/partners/revenue"} replace />;
}

function ForStaff() {
  const { viewer } = useSession();
  return viewer.kind === "STAFF" ? <Staff /> : <NotForYou />;
}

function NotForYou() {
  useTitle("For staff");
  const { viewer } = useSession();
  return <Heading title="For staff" lead={`These pages are for staff. You are signed in as ${viewer.userId}.`} />;
}
