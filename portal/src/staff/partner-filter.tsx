import { useId, useState } from "react";
import { useApiQuery } from "../api";
import { TextField } from "../components/fields";
import { StaffPartnersDocument } from "../gql/graphql";
import { FIRST_PAGE, useUrlState } from "../hooks/url-state";

interface Partner {
  readonly companyName: string;
  readonly partnerNumber: string;
}

const optionText = ({ companyName, partnerNumber }: Partner) => `${companyName} (${partnerNumber})`;

/** Filters a list by partner, with suggestions by name or number. The choice is in the URL. */
export function PartnerFilter() {
  const { params, setParams } = useUrlState();
  const [text, setText] = useState(params.get("partnerName") ?? "");
  const listId = useId();
  const search = text.replace(/ \([^()]*\)$/, "");
  const { data } = useApiQuery(StaffPartnersDocument, { filter: search ? { search } : null, first: 20 });
  const handleChange = (text: string) => {
    setText(text);
    if (text === "") return setParams({ ...FIRST_PAGE, partnerId: null, partnerName: null });
    const partner = data?.partners.nodes.find((partner) => optionText(partner) === text);
    if (partner) setParams({ ...FIRST_PAGE, partnerId: partner.id, partnerName: text });
  };
  return (
    <>
      <TextField
        label="Partner"
        type="search"
        dir="auto"
        list={listId}
        placeholder="All"
        value={text}
        onChange={(event) => handleChange(event.target.value)}
        autoComplete="off"
      />
      <datalist id={listId}>
        {data?.partners.nodes.map((partner) => (
          <option key={partner.id} dir="auto" value={optionText(partner)} />
        ))}
      </datalist>
    </>
  );
}
