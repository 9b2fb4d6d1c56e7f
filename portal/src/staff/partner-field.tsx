import { t } from "@lingui/core/macro";
import { type ComponentProps, useId, useState } from "react";
import { useApiQuery } from "../api";
import { TextField } from "../components/fields";
import { StaffPartnersDocument } from "../gql/graphql";

interface Partner {
  readonly id: string;
  readonly companyName: string;
  readonly partnerNumber: string;
}

const optionText = ({ companyName, partnerNumber }: Partner) => `${companyName} (${partnerNumber})`;

export interface PartnerSearch {
  /** What the user has entered: the text of an option once one was chosen. */
  readonly text: string;
  readonly setText: (text: string) => void;
  /** The options that match the text, as far as they are loaded. */
  readonly options: readonly string[];
  /** The partner whose option has this text. */
  readonly partnerOf: (text: string) => Partner | undefined;
}

/** A search for partners by name or number. */
export function usePartnerSearch(initialText = ""): PartnerSearch {
  const [text, setText] = useState(initialText);
  // An option ends with the number in parentheses, which the search would not find, also while it is entered.
  const search = text.replace(/ \([^()]*\)?$/, "");
  const { data } = useApiQuery(StaffPartnersDocument, { filter: search ? { search } : null, first: 20 });
  const partners = data?.partners.nodes ?? [];
  const partnerOf = (text: string) => partners.find((partner) => optionText(partner) === text);
  return { text, setText, options: partners.map(optionText), partnerOf };
}

interface Props extends Omit<ComponentProps<typeof TextField>, "label" | "value" | "onChange"> {
  readonly search: PartnerSearch;
  /** Called after the text has changed. */
  readonly onText?: (text: string) => void;
}

/** A field for a partner, with suggestions by name or number. */
export function PartnerField({ search, onText, ...input }: Props) {
  const listId = useId();
  const handleChange = (text: string) => {
    search.setText(text);
    onText?.(text);
  };
  return (
    <>
      <TextField
        label={t`Partner`}
        type="search"
        dir="auto"
        list={listId}
        value={search.text}
        onChange={({ target }) => handleChange(target.value)}
        autoComplete="off"
        {...input}
      />
      <datalist id={listId}>
        {search.options.map((option) => (
          <option key={option} dir="auto" value={option} />
        ))}
      </datalist>
    </>
  );
}
