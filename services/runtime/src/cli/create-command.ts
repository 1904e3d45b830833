import { Command } from "commander";

/**
 * A command line whose words are all checked: `--help` prints the options, and what is not among them is refused with a message and the
 * same list, before anything has happened. `usage` is what the user types before the options, `npm run sale --`. A wrong command line ends
 * the process with 2, also where `command.error` is called later.
 */
export function createCommand(usage: string, description: string): Command {
  const command = new Command(usage).description(description).allowExcessArguments(false).showHelpAfterError();
  return command.exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2));
}
