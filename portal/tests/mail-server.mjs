// An SMTP server for tests. Answers the mails in order as its arguments say: an SMTP code refuses a mail, `hang` never
// answers it; then it accepts all. Prints a line of JSON for each mail that arrived, with what it answered.
import { SMTPServer } from "smtp-server";

const answers = process.argv.slice(2);

const server = new SMTPServer({
  authOptional: true,
  disabledCommands: ["STARTTLS"],
  logger: false,
  onData(stream, session, callback) {
    const parts = [];
    stream.on("data", (part) => parts.push(part));
    stream.on("end", () => {
      const answer = answers.shift() ?? "250";
      const { mailFrom, rcptTo } = session.envelope;
      const to = rcptTo.map(({ address }) => address);
      console.log(JSON.stringify({ answer, from: mailFrom.address, to, message: Buffer.concat(parts).toString() }));
      if (answer === "hang") return;
      if (answer === "250") callback(null, "accepted");
      else callback(Object.assign(new Error("refused by the test"), { responseCode: Number(answer) }));
    });
  },
});
server.on("error", () => {});
server.listen(0, "127.0.0.1", () => console.log(server.server.address().port));
