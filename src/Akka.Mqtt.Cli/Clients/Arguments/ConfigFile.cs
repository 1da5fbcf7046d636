namespace Akka.Mqtt.Cli.Clients.Arguments;

/// <summary>
/// Defaults of a client command: a file with one option and its value on each line; <c>#</c> starts a comment. If our files do not exist, the files of
/// mosquitto's clients are used.
/// </summary>
internal static class ConfigFile
{
    private const int MostBytes = 1 << 20;

    /// <summary>The file for a command: <c>akka-mqtt_pub</c>, else <c>mosquitto_pub</c>, below <c>$XDG_CONFIG_HOME</c> or <c>~/.config</c>; null when there is none.</summary>
    public static string? Find(ClientKind kind)
    {
        var folder = Environment.GetEnvironmentVariable("XDG_CONFIG_HOME");
        if (string.IsNullOrEmpty(folder))
        {
            var home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
            if (home.Length == 0)
                return null;
            folder = Path.Combine(home, ".config");
        }
        var name = kind.ToString().ToLowerInvariant();
        return new[] { $"akka-mqtt_{name}", $"mosquitto_{name}" }.Select(each => Path.Combine(folder, each)).FirstOrDefault(File.Exists);
    }

    /// <summary>The options in a file, with the numbers of their lines.</summary>
    /// <exception cref="CommandFailure">The file cannot be read.</exception>
    public static IEnumerable<(int Number, string[] Words)> Lines(string? file)
    {
        if (file is null)
            yield break;
        var number = 0;
        foreach (var line in Read(file))
        {
            number++;
            var words = line.Split(' ', 2, StringSplitOptions.RemoveEmptyEntries);
            if (words.Length == 0 || line[0] == '#')
                continue;
            // A property is the one option with several values.
            yield return (number, words is [("-D" or "--property") and var name, var rest] ? [name, .. Property(rest)] : words);
        }
    }

    private static string[] Property(string text)
    {
        var words = text.Split(' ', 3, StringSplitOptions.RemoveEmptyEntries);
        return words is [var command, "user-property", var pair] ? [command, "user-property", .. pair.Split(' ', 2)] : words;
    }

    private static string[] Read(string file)
    {
        try
        {
            return new FileInfo(file).Length <= MostBytes ? File.ReadAllLines(file) : throw new CommandFailure($"{file} is larger than {MostBytes} bytes.");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new CommandFailure($"cannot read {file}: {error.Message}");
        }
    }
}
