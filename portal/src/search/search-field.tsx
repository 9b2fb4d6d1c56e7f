import { plural, t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { type KeyboardEvent, useEffect, useId, useRef, useState } from "react";
import { useNavigate } from "react-router";
import { useApiQuery } from "../api";
import { SearchDocument } from "../gql/graphql";
import { useSession } from "../sign-in/session";
import { type Hit, type HitView, searchFieldLabel, viewOf } from "./hit";
import css from "./search-field.module.css";

/** How long the server is not asked while someone types, in milliseconds. */
const TYPING_PAUSE = 150;

interface Result extends HitView {
  readonly hit: Hit;
}

/**
 * The search in the frame of every page, a combobox with a list of results by the ARIA Authoring Practices. `/` and
 * Ctrl+K or Cmd+K move the focus to it.
 */
export function SearchField() {
  const { viewer, calendar } = useSession();
  const navigate = useNavigate();
  const listId = useId();
  const input = useRef<HTMLInputElement>(null);
  const container = useRef<HTMLDivElement>(null);
  const [text, setText] = useState("");
  const [isOpen, setIsOpen] = useState(false);
  const [active, setActive] = useState(-1);
  const asked = useDelayed(text.trim(), TYPING_PAUSE);
  const { data, error, isLoading } = useApiQuery(SearchDocument, { text: asked }, asked === "");
  useShortcut(input);

  const isCurrent = asked === text.trim() && !isLoading;
  const results: readonly Result[] =
    asked === "" || !data
      ? []
      : data.search.flatMap((hit) => {
          const view = viewOf(hit, viewer.kind === "STAFF", calendar);
          return view ? [{ ...view, hit }] : [];
        });
  const showsPopup = isOpen && text.trim() !== "";
  const optionId = (index: number) => `${listId}-${index}`;
  const activeId = showsPopup && results[active] ? optionId(active) : undefined;
  useEffect(() => {
    if (activeId) document.getElementById(activeId)?.scrollIntoView({ block: "nearest" });
  }, [activeId]);

  const open = (result: Result | undefined) => {
    if (!result) return;
    setIsOpen(false);
    setText("");
    setActive(-1);
    input.current?.blur();
    void navigate(result.to);
  };
  const handleKey = (event: KeyboardEvent) => {
    if (event.nativeEvent.isComposing) return;
    const last = results.length - 1;
    switch (event.key) {
      case "ArrowDown":
        setIsOpen(true);
        setActive(active >= last ? (last >= 0 ? 0 : -1) : active + 1);
        break;
      case "ArrowUp":
        setIsOpen(true);
        setActive(active <= 0 ? last : active - 1);
        break;
      case "Enter":
        // Until the results are those of the text, Enter would open something else.
        if (isCurrent) open(results[Math.max(active, 0)]);
        break;
      case "Escape":
        if (!showsPopup) setText("");
        setIsOpen(false);
        setActive(-1);
        break;
      default:
        return;
    }
    event.preventDefault();
  };
  return (
    <div
      className={css.search}
      role="search"
      aria-label={t`Everything`}
      ref={container}
      onBlur={({ relatedTarget }) => !container.current?.contains(relatedTarget) && setIsOpen(false)}
    >
      <input
        ref={input}
        className={css.input}
        type="text"
        role="combobox"
        aria-label={t`Search`}
        aria-autocomplete="list"
        aria-expanded={showsPopup && results.length > 0}
        aria-controls={showsPopup && results.length > 0 ? listId : undefined}
        aria-activedescendant={activeId}
        aria-keyshortcuts="/ Control+K Meta+K"
        placeholder={t`Search ( / )`}
        dir="auto"
        maxLength={255}
        autoComplete="off"
        spellCheck={false}
        value={text}
        onChange={({ target }) => {
          setText(target.value);
          setIsOpen(true);
          setActive(-1);
        }}
        onFocus={() => setIsOpen(true)}
        onKeyDown={handleKey}
      />
      <p className="visually-hidden" aria-live="polite">
        {showsPopup && isCurrent && !error ? plural(results.length, { one: "# result", other: "# results" }) : ""}
      </p>
      {showsPopup && (
        <div className={css.popup}>
          {results.length > 0 && (
            <ul className={css.list} id={listId} role="listbox" aria-label={t`Results`}>
              {results.map((result, index) => (
                <Option
                  key={`${result.kind} ${result.hit.node.id}`}
                  id={optionId(index)}
                  result={result}
                  isActive={index === active}
                  onOpen={() => open(result)}
                />
              ))}
            </ul>
          )}
          {error && <p className={css.message}>{error.message}</p>}
          {!error && !isCurrent && results.length === 0 && <p className={css.message}><Trans>Searching…</Trans></p>}
          {!error && isCurrent && results.length === 0 && (
            <p className={css.message}><Trans>Nothing begins with this text.</Trans></p>
          )}
        </div>
      )}
    </div>
  );
}

interface OptionProps {
  readonly id: string;
  readonly result: Result;
  readonly isActive: boolean;
  readonly onOpen: () => void;
}

function Option({ id, result, isActive, onOpen }: OptionProps) {
  const { kind, title, detail, partner, hit } = result;
  return (
    // The focus stays in the field: the mouse does not take it.
    <li
      id={id}
      role="option"
      aria-selected={isActive}
      className={css.option}
      onMouseDown={(event) => event.preventDefault()}
      onClick={onOpen}
    >
      <bdi className={css.title}>{title}</bdi>
      <span className={css.kind}>{kind}</span>
      <span className={css.match}>
        {searchFieldLabel(hit.field)}: <bdi>{hit.text}</bdi>
        {detail && (
          <>
            {" · "}
            <bdi>{detail}</bdi>
          </>
        )}
        {partner && (
          <>
            {" · "}
            <bdi>{partner}</bdi>
          </>
        )}
      </span>
    </li>
  );
}

/** Returns a value once it has not changed for some time; an empty text at once. */
function useDelayed(value: string, milliseconds: number): string {
  const [delayed, setDelayed] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setDelayed(value), value === "" ? 0 : milliseconds);
    return () => clearTimeout(timer);
  }, [value, milliseconds]);
  return delayed;
}

/** Moves the focus to a field on `/`, unless something is typed, and on Ctrl+K or Cmd+K. */
function useShortcut(field: React.RefObject<HTMLInputElement | null>) {
  useEffect(() => {
    const handle = (event: globalThis.KeyboardEvent) => {
      const target = event.target instanceof HTMLElement ? event.target : null;
      const isTyping = target?.closest("input, textarea, select, [contenteditable]") !== null && target !== null;
      const isSlash = event.key === "/" && !isTyping && !event.ctrlKey && !event.metaKey && !event.altKey;
      const isCommand = event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey) && !event.altKey;
      // Behind a modal dialog, nothing can have the focus.
      if ((!isSlash && !isCommand) || document.querySelector("dialog:modal")) return;
      event.preventDefault();
      field.current?.focus();
      field.current?.select();
    };
    document.addEventListener("keydown", handle);
    return () => document.removeEventListener("keydown", handle);
  }, [field]);
}
