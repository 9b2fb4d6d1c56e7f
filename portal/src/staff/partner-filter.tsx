import { t } from "@lingui/core/macro";
import { FIRST_PAGE, useUrlState } from "../hooks/url-state";
import { PartnerField, usePartnerSearch } from "./partner-field";

/** Filters a list by partner, with suggestions by name or number. The choice is in the URL. */
export function PartnerFilter() {
  const { params, setParams } = useUrlState();
  const search = usePartnerSearch(params.get("partnerName") ?? "");
  const handleText = (text: string) => {
    if (text === "") return setParams({ ...FIRST_PAGE, partnerId: null, partnerName: null });
    const partner = search.partnerOf(text);
    if (partner) setParams({ ...FIRST_PAGE, partnerId: partner.id, partnerName: text });
  };
  return <PartnerField search={search} onText={handleText} placeholder={t`All`} />;
}
