using Akka.Configuration;
using Akka.Mqtt.Server.Trust;

namespace Akka.Mqtt.Cli.Mosquitto;

/// <summary>Reads the lines of a mosquitto.conf and of the files that it includes.</summary>
internal static class MosquittoFile
{
    private const int MaxDepth = 10;

    public static List<MosquittoLine> Read(string path)
    {
        var lines = new List<MosquittoLine>();
        Read(path, lines, null, 0);
        return lines;
    }

    private static void Read(string path, List<MosquittoLine> lines, MosquittoLine? includer, int depth)
    {
        string[] text;
        try
        {
            text = SecurityFile.ReadText(path).Split('\n');
        }
        catch (ConfigurationException error)
        {
            throw includer?.Wrong(error.Message) ?? new CommandFailure(error.Message);
        }
        for (var at = 0; at < text.Length; at++)
        {
            var line = text[at].Trim();
            if (line.Length == 0 || line[0] == '#')
                continue;
            var space = line.AsSpan().IndexOfAny(' ', '\t');
            var read = space < 0
                ? new MosquittoLine(path, at + 1, line, "")
                : new MosquittoLine(path, at + 1, line[..space], line[space..].Trim());
            if (read.Option == "maximum_qos")
                read = read with { Option = "max_qos" }; // its older name
            if (read.Option != "include_dir")
            {
                lines.Add(read);
                continue;
            }
            if (!Directory.Exists(read.Value))
                throw read.Wrong($"there is no directory {read.Value}");
            if (depth == MaxDepth)
                throw read.Wrong("directories include each other");
            foreach (var file in Directory.EnumerateFiles(read.Value, "*.conf").OrderBy(Path.GetFileName, StringComparer.OrdinalIgnoreCase).ThenBy(each => each, StringComparer.Ordinal))
                Read(file, lines, read, depth + 1);
        }
    }
}
