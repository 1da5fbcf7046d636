using System.Text;
using Akka.Mqtt.Dashboard;

namespace Akka.Mqtt.Cli.Dashboard;

/// <summary>The users of the dashboard: a line <c>name:role:hash</c> for each, written by <c>akka-mqtt token</c>.</summary>
internal static class TokenFile
{
    private const int MaxTokens = 1000;

    /// <summary>Reads a file.</summary>
    /// <exception cref="CommandFailure">The file cannot be read, or a line has an error.</exception>
    public static List<MqttDashboardToken> Read(string file)
    {
        var tokens = new List<MqttDashboardToken>();
        var number = 0;
        try
        {
            foreach (var line in File.ReadLines(file))
            {
                number++;
                if (line.Trim() is not { Length: > 0 } text || text.StartsWith('#'))
                    continue;
                var token = Parse(text) ?? throw new CommandFailure($"{file}, line {number}: a line is name:role:hash, with a role read or admin; akka-mqtt token makes one.");
                if (tokens.Any(each => each.Name == token.Name))
                    throw new CommandFailure($"{file}, line {number}: {token.Name} occurs twice.");
                tokens.Add(token);
                if (tokens.Count > MaxTokens)
                    throw new CommandFailure($"{file}: there are more than {MaxTokens} users.");
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new CommandFailure($"cannot read {file}: {error.Message}");
        }
        return tokens.Count > 0 ? tokens : throw new CommandFailure($"{file} has no user: akka-mqtt token {file} NAME makes one.");
    }

    /// <summary>Adds a user, or creates a new token for an existing one.</summary>
    /// <returns>The token.</returns>
    /// <exception cref="CommandFailure">The file cannot be changed.</exception>
    public static string Add(string file, string name, MqttDashboardRole role)
    {
        var token = MqttDashboardToken.Create(name, role, out var secret);
        try
        {
            var lines = File.Exists(file) ? [.. File.ReadLines(file).Where(line => !line.StartsWith($"{name}:", StringComparison.Ordinal))] : new List<string>();
            lines.Add($"{token.Name}:{(role == MqttDashboardRole.Admin ? "admin" : "read")}:{token.Sha256}");
            var next = $"{file}.{Environment.ProcessId}.new";
            var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
            if (!OperatingSystem.IsWindows())
                options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            using (var writer = new StreamWriter(next, new UTF8Encoding(false), options))
                writer.Write(string.Concat(lines.Select(static line => $"{line}\n")));
            File.Move(next, file, overwrite: true); // so that a reader sees either the old or the new file
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new CommandFailure($"cannot change {file}: {error.Message}");
        }
        return secret;
    }

    private static MqttDashboardToken? Parse(string line)
    {
        if (line.Split(':') is not [{ Length: > 0 and <= 64 } name, var role, { Length: 64 } hash] || !hash.All(char.IsAsciiHexDigit) || name.Any(char.IsControl))
            return null;
        return role switch
        {
            "read" => new MqttDashboardToken { Name = name, Sha256 = hash, Role = MqttDashboardRole.Read },
            "admin" => new MqttDashboardToken { Name = name, Sha256 = hash, Role = MqttDashboardRole.Admin },
            _ => null,
        };
    }
}
