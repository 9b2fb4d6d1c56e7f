import { plural, t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { Link } from "react-router";
import { Amount } from "../components/amounts";
import { Section } from "../components/section";
import { StatusBadge } from "../components/status-badge";
import { RelativeTime } from "../components/timestamp";
import { commissionLabel, payoutStatusLabel } from "../format/labels";
import type { RevenuePageQuery } from "../gql/graphql";
import { useOpenItem } from "../hooks/url-state";
import { useSession } from "../sign-in/session";
import css from "./changes-section.module.css";
import { CustomerCell } from "./customer-cell";
import { PartnerLink } from "./partner-layout";

type Partner = NonNullable<RevenuePageQuery["partner"]>;

interface Props {
  readonly since: string;
  readonly partner: Partner;
  readonly onDismiss: () => void;
}

/** What has changed since the last visit: commissions and payouts, a few of each. Renders nothing if nothing has. */
export function ChangesSection({ since, partner, onDismiss }: Props) {
  const { calendar } = useSession();
  const { linkTo: linkToEvent } = useOpenItem("event");
  const { linkTo: linkToPayout } = useOpenItem("payout");
  const { changedEvents: events, changedPayouts: payouts } = partner;
  if (!events || !payouts || events.totalCount + payouts.totalCount === 0) return null;
  return (
    <Section
      title={t`Since your last visit`}
      lead={<><Trans>You were here <RelativeTime at={since} />.</Trans></>}
      actions={
        <button className="button" type="button" onClick={onDismiss}>
          <Trans>Dismiss</Trans>
        </button>
      }
    >
      <div className="columns">
        {events.totalCount > 0 && (
          <div>
            <h3 className={css.heading}>{plural(events.totalCount, { one: "# new or changed commission", other: "# new or changed commissions" })}</h3>
            <ul className={css.list}>
              {events.nodes.map((event) => (
                <li key={event.id}>
                  <Link {...linkToEvent(event.id)}>{calendar.formatDate(event.eventDate)}</Link>
                  <span className={css.name}>
                    <CustomerCell commission={event} />
                  </span>
                  <StatusBadge {...commissionLabel(event)} />
                  <Amount value={event.commissionAmount} />
                </li>
              ))}
            </ul>
            {events.totalCount > events.nodes.length && (
              <PartnerLink to="/partners/commissions" params={{ changed: since }}>
                <Trans>View all changed commissions</Trans>
              </PartnerLink>
            )}
          </div>
        )}
        {payouts.totalCount > 0 && (
          <div>
            <h3 className={css.heading}>{plural(payouts.totalCount, { one: "# new or changed payout", other: "# new or changed payouts" })}</h3>
            <ul className={css.list}>
              {payouts.nodes.map(({ id, payoutDate, status, totalAmount }) => (
                <li key={id}>
                  <Link {...linkToPayout(id)}>{calendar.formatDate(payoutDate)}</Link>
                  <span className={css.name} />
                  <StatusBadge {...payoutStatusLabel(status)} />
                  <Amount value={totalAmount} />
                </li>
              ))}
            </ul>
          </div>
        )}
      </div>
    </Section>
  );
}
