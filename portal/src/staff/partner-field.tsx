import { useId, useState } from "react";
import { useLoaded } from "../api";
import { StaffPartnersDocument } from "../gql/graphql";
import { useAddress } from "../parts/address";
import { TextField } from "../parts/fields";

interface Named {
  readonly companyName: string;
  readonly partnerNumber: string;
}

const nameOf = ({ companyName, partnerNumber }: Named) => `${companyName} (${partnerNumber})`;

/** Only one partner's: found by a part of its name or number, and kept in the address. */
export function PartnerField() {
  const { search, change } = useAddress();
  const chosen = search.get("partnerName") ?? "";
  const [text, setText] = useState(chosen);
  const list = useId();
  const wanted = text.replace(/ \([^()]*\)$/, "");
  const { data } = useLoaded(StaffPartnersDocument, { filter: wanted ? { search: wanted } : null, first: 20 });
  const first = { after: null, before: null };
  const choose = (text: string) => {
    setText(text);
    if (text === "") return change({ ...first, partnerId: null, partnerName: null });
    const partner = data?.partners.nodes.find((partner) => nameOf(partner) === text);
    if (partner) change({ ...first, partnerId: partner.id, partnerName: text });
  };
  return (
    <>
      <TextField
        label="Partner"
        type="search"
        list={list}
        placeholder="All"
        value={text}
        onChange={(event) => choose(event.target.value)}
        autoComplete="off"
      />
      <datalist id={list}>
        {data?.partners.nodes.map((partner) => (
          <option key={partner.id} value={nameOf(partner)} />
        ))}
      </datalist>
    </>
  );
}
