package io.redisha.command;

import io.redisha.config.Invalid;
import io.redisha.config.PasswordFile;
import io.redisha.config.Settings;
import io.redisha.config.SettingsReader;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import picocli.CommandLine.Model.CommandSpec;

/** An order to the agent of this pod, for whoever can read the release's password. */
final class Order {

    interface Request {
        PlainHttp.Reply send(Settings settings, String password) throws IOException;
    }

    private Order() {}

    /** Prints what came of it. @return the exit code */
    static int give(CommandSpec spec, Path settingsFile, Path passwordFile, Request request) {
        PrintWriter err = spec.commandLine().getErr();
        try {
            Settings settings = SettingsReader.read(settingsFile);
            if (settings.architecture() == Settings.Architecture.PEERS) {
                err.println("redis-ha: architecture: given peers, expected another: they have no master, and take no orders");
                return 1;
            }
            String password = PasswordFile.read(passwordFile, settings.auth());
            if (password == null) {
                err.println("redis-ha: there is no password in " + passwordFile);
                return 1;
            }
            PlainHttp.Reply reply = request.send(settings, password);
            if (reply.status() == 200) {
                spec.commandLine().getOut().println(reply.body().strip());
                return 0;
            }
            err.println("redis-ha: " + (reply.status() == 401 ? "the agent does not accept the password in " + passwordFile : reply.body().strip()));
        } catch (Invalid e) {
            e.problems().forEach(problem -> err.println("redis-ha: " + problem));
        } catch (IOException e) {
            err.println("redis-ha: the agent of this pod does not answer: " + e.getMessage());
        }
        return 1;
    }
}
