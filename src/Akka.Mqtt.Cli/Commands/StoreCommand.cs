using System.CommandLine;
using System.Globalization;
using System.Text;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server;
using Akka.Mqtt.Storage;
using Akka.Mqtt.Storage.Tools;

namespace Akka.Mqtt.Cli.Commands;

/// <summary><c>akka-mqtt store</c>: checks, repairs, exports and imports the data directory of a server.</summary>
internal static class StoreCommand
{
    /// <summary>The exit code when the check has found a problem.</summary>
    private const int Damaged = 1;

    public static Command Create() => new("store", "Check, recover, count, export or import the data directory of a server.")
    {
        Check(), Recover(), Stats(), Export(), Import(),
    };

    private static Argument<string> Directory() => new("dir") { Description = "The data directory, as in serve --data." };

    private static Command Check()
    {
        var directory = Directory();
        var command = new Command("check", "Check the data for damage. The server may be running. The exit code is 1 if something is damaged.") { directory };
        command.SetAction(parsed => Run(() =>
        {
            var found = StoreTools.Check(parsed.GetValue(directory)!);
            foreach (var line in found)
                Console.Out.WriteLine(line);
            if (found.Count == 0)
                Console.Out.WriteLine("ok");
            return found.Count == 0 ? 0 : Damaged;
        }));
        return command;
    }

    private static Command Recover()
    {
        var directory = Directory();
        var command = new Command(
            "recover", "Create a new database from the readable parts of a damaged one. The server must be stopped. The exit code is 1 if damaged files were renamed and kept.") { directory };
        command.SetAction(parsed => Run(() =>
        {
            var (report, isSetAside) = StoreRecovery.Run(parsed.GetValue(directory)!, DateTimeOffset.UtcNow);
            foreach (var line in report)
                Console.Out.WriteLine(line);
            return isSetAside ? Damaged : 0;
        }));
        return command;
    }

    private static Command Stats()
    {
        var directory = Directory();
        var command = new Command("stats", "Print the numbers of sessions, messages and other rows, as one line of JSON. The server may be running.") { directory };
        command.SetAction(parsed => Run(() =>
        {
            var stats = StoreTools.Stats(parsed.GetValue(directory)!);
            Console.Out.WriteLine($"{{{string.Join(',', stats.Select(each => string.Create(CultureInfo.InvariantCulture, $"\"{each.Name}\":{each.Value}")))}}}");
            return 0;
        }));
        return command;
    }

    private static Command Export()
    {
        var directory = Directory();
        var command = new Command("export", "Write all data to stdout as JSON lines. The server may be running.") { directory };
        command.SetAction(parsed => Run(() =>
        {
            using var output = new StreamWriter(Console.OpenStandardOutput(), new UTF8Encoding(false), 1 << 16);
            StoreTools.Export(parsed.GetValue(directory)!, output);
            return 0;
        }));
        return command;
    }

    private static Command Import()
    {
        var directory = Directory();
        var lines = new Argument<string?>("file")
        {
            Arity = ArgumentArity.ZeroOrOne,
            Description = "The JSON lines of export. Default: read stdin.",
        };
        var mosquitto = new Option<string?>("--from-mosquitto") { HelpName = "file", Description = "Import this persistence file of mosquitto 2 (mosquitto.db) instead of JSON lines." };
        var command = new Command("import", "Import JSON lines, or mosquitto.db, into a directory without sessions. The server must be stopped.")
        {
            directory, lines, mosquitto,
        };
        command.SetAction((parsed, _) => RunAsync(async () =>
        {
            var into = parsed.GetValue(directory)!;
            if (parsed.GetValue(mosquitto) is { } file)
            {
                if (parsed.GetValue(lines) is { } other)
                    throw new MqttStorageException($"{LogText.Escape(other)} and --from-mosquitto exclude each other: import one of them.");
                var database = MosquittoDatabase.Read(file);
                foreach (var line in await MosquittoImport.RunAsync(database, new SqliteStorage(into), TimeProvider.System).ConfigureAwait(false))
                    await Console.Out.WriteLineAsync(line).ConfigureAwait(false);
                return 0;
            }
            var name = parsed.GetValue(lines);
            using var input = new StreamReader(name is null ? Console.OpenStandardInput() : OpenLines(name), Encoding.UTF8);
            var rows = StoreTools.Import(into, input, name ?? "stdin");
            await Console.Out.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{rows} rows")).ConfigureAwait(false);
            return 0;
        }));
        return command;
    }

    private static FileStream OpenLines(string name)
    {
        if (System.IO.Directory.Exists(name))
            throw new MqttStorageException($"{name} is a directory: give a file of JSON lines.");
        try
        {
            return File.OpenRead(name);
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException or ArgumentException)
        {
            throw new MqttStorageException(name.Length == 0 ? "the name of the file of JSON lines is empty." : $"{name} does not exist.", error);
        }
        catch (UnauthorizedAccessException error)
        {
            throw new MqttStorageException($"{name} cannot be read: check its rights.", error);
        }
    }

    private static int Run(Func<int> command)
    {
        try
        {
            return command();
        }
        catch (Exception error) when (IsReported(error))
        {
            return CommandFailure.Report(error.Message);
        }
    }

    private static async Task<int> RunAsync(Func<Task<int>> command)
    {
        try
        {
            return await command().ConfigureAwait(false);
        }
        catch (Exception error) when (IsReported(error))
        {
            return CommandFailure.Report(error.Message);
        }
    }

    /// <summary>Whether an error is one of the storage, of a file argument, or of stdin and stdout.</summary>
    private static bool IsReported(Exception error) => error is MqttStorageException or IOException or UnauthorizedAccessException;
}
