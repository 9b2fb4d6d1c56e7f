import { Heading } from "./section";
import { useTitle } from "./title";

/** What stands at an address that there is not. */
export function Nothing() {
  useTitle("Not found");
  return <Heading title="Not found" lead="There is no such page." />;
}
