using System.CommandLine;
using System.Text;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server.Security;
using Akka.Mqtt.Server.Trust;

namespace Akka.Mqtt.Cli.Commands;

/// <summary><c>akka-mqtt passwd</c>: adds, changes and deletes the users of a password file or a SCRAM file.</summary>
internal static class PasswdCommand
{
    public static Command Create()
    {
        var file = new Argument<string>("file") { Description = "The file; it is created if it does not exist." };
        var user = new Argument<string>("user") { Description = "The name of the user." };
        var delete = new Option<bool>("-D", "--delete") { Description = "Delete the user." };
        var password = new Option<string?>("-b", "--password")
        {
            HelpName = "password",
            Description = "Use this password. Others can see it in the list of processes. Default: ask for it, or read it from stdin.",
        };
        var scram = new Option<bool>("--scram") { Description = "Write an entry for SCRAM-SHA-256 (setting scram-file) instead of one for a password file." };
        var iterations = new Option<int?>("--iterations")
        {
            HelpName = "number",
            Description = $"Hash with this many iterations. Default: {PasswordEntry.DefaultIterations}; with --scram {ScramCredentials.DefaultIterations}.",
        };
        iterations.Validators.Add(result =>
        {
            if (result.Tokens.Count > 0 && !(int.TryParse(result.Tokens[0].Value, out var count) && count is > 0 and <= 10_000_000))
                result.AddError($"--iterations {result.Tokens[0].Value} is out of range: 1 to 10000000.");
        });
        var command = new Command("passwd", "Add, change or delete a user of a password file ($7$, PBKDF2-HMAC-SHA512).")
        {
            file, user, delete, password, scram, iterations,
        };
        command.SetAction(parsed =>
        {
            try
            {
                var name = parsed.GetValue(user)!;
                Check(name);
                string? entry = null;
                if (!parsed.GetValue(delete))
                {
                    var secret = parsed.GetValue(password) ?? Ask();
                    if (secret.Length == 0)
                        throw new CommandFailure("the password is empty; choose another, or delete the user with -D.");
                    if (Encoding.UTF8.GetByteCount(secret) > ushort.MaxValue)
                        throw new CommandFailure("the password is longer than the 65,535 bytes that MQTT allows.");
                    entry = Entry(secret, parsed.GetValue(scram), parsed.GetValue(iterations));
                }
                Change(parsed.GetValue(file)!, name, entry);
                return 0;
            }
            catch (CommandFailure error)
            {
                return CommandFailure.Report(error.Message);
            }
        });
        return command;
    }

    private static string Entry(string secret, bool scram, int? iterations)
    {
        if (!scram)
            return PasswordEntry.Create(Encoding.UTF8.GetBytes(secret), iterations ?? PasswordEntry.DefaultIterations).ToString();
        if (iterations < ScramCredentials.DefaultIterations)
            throw new CommandFailure($"--iterations {iterations} is too few for SCRAM-SHA-256: {ScramCredentials.DefaultIterations} or more.");
        return ScramCredentials.Create(secret, iterations ?? ScramCredentials.DefaultIterations).ToString();
    }

    private static void Check(string name)
    {
        if (SecurityFile.NameProblem(name) is { } problem)
            throw new CommandFailure($"{problem}.");
        if (name.Contains(':', StringComparison.Ordinal) || name.Any(char.IsControl))
            throw new CommandFailure($"'{LogText.Escape(name)}' cannot be a user name: it has a colon or a control character.");
    }

    private static string Ask()
    {
        if (Console.IsInputRedirected)
            return Console.In.ReadLine() ?? throw new CommandFailure("there is no password on stdin.");
        var first = Hidden("Password: ");
        return first == Hidden("Again: ") ? first : throw new CommandFailure("the passwords are not the same.");
    }

    private static string Hidden(string prompt)
    {
        Console.Error.Write(prompt);
        var typed = new StringBuilder();
        while (Console.ReadKey(intercept: true) is { Key: not ConsoleKey.Enter } key)
        {
            if (key.Key == ConsoleKey.Backspace && typed.Length > 0)
                typed.Length--;
            else if (!char.IsControl(key.KeyChar))
                typed.Append(key.KeyChar);
        }
        Console.Error.WriteLine();
        return typed.ToString();
    }

    /// <summary>Writes a new file and renames it over the old one, so that a server reads either the old or the new one.</summary>
    private static void Change(string file, string user, string? entry)
    {
        try
        {
            var lines = File.Exists(file) ? File.ReadAllLines(file).ToList() : [];
            var at = lines.FindIndex(line => line.StartsWith($"{user}:", StringComparison.Ordinal));
            if (entry is null && at < 0)
                throw new CommandFailure($"there is no user {user} in {file}.");
            if (entry is null)
                lines.RemoveAt(at);
            else if (at >= 0)
                lines[at] = $"{user}:{entry}";
            else
                lines.Add($"{user}:{entry}");
            var whole = Path.GetFullPath((File.Exists(file) ? File.ResolveLinkTarget(file, returnFinalTarget: true)?.FullName : null) ?? file);
            var next = $"{whole}.{Environment.ProcessId}.new";
            var mode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            if (!OperatingSystem.IsWindows() && File.Exists(whole))
                mode = File.GetUnixFileMode(whole);
            var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
            if (!OperatingSystem.IsWindows())
                options.UnixCreateMode = mode; // other users must not read the hashes
            using (var writer = new StreamWriter(next, options))
            {
                foreach (var line in lines)
                    writer.Write($"{line}\n");
            }
            File.Move(next, whole, overwrite: true);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new CommandFailure($"cannot change {file}: {error.Message}");
        }
    }
}
