/** A catalog of messages, compiled by the plugin of Lingui. */
declare module "*.po" {
  export const messages: import("@lingui/core").Messages;
}
