namespace Akka.Mqtt.Hosting.Binding;

/// <summary>
/// Writes files for settings that name a file when the configuration contains the text itself, for example PEM from a store of secrets.
/// Until the process ends, the files are in a folder that only the user of the process can read.
/// </summary>
internal static class ContentFiles
{
    private static readonly Lazy<string> Folder = new(() =>
    {
        var folder = Directory.CreateTempSubdirectory("akka-mqtt-").FullName; // only this user can read it
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(folder, recursive: true);
        return folder;
    });

    private static int _count;

    /// <summary>Whether the value of a setting is the content of a file, that is, has several lines.</summary>
    public static bool IsContent(string key, string value) => key.EndsWith("-file", StringComparison.Ordinal) && value.AsSpan().Trim().Contains('\n');

    /// <summary>Writes a file.</summary>
    /// <returns>Its path.</returns>
    public static string Write(string key, string content)
    {
        var file = Path.Combine(Folder.Value, $"{Interlocked.Increment(ref _count)}-{key}");
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using var writer = new StreamWriter(file, options);
        writer.Write(content.TrimEnd() + "\n");
        return file;
    }
}
