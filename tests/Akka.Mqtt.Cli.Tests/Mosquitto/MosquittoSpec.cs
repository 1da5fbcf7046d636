using Akka.Configuration;
using Akka.Mqtt.Cli.Mosquitto;
using Akka.Mqtt.Server;

namespace Akka.Mqtt.Cli.Tests.Mosquitto;

/// <summary>Base of the specs of <c>--mosquitto-conf</c>: a folder with files that a configuration may name, and how it is read.</summary>
public abstract class MosquittoSpec : IDisposable
{
    private protected MosquittoSpec()
    {
        foreach (var file in new[] { "users", "acl", "cert.pem", "key.pem", "ca.pem", "crl.pem" })
            File.WriteAllText(Folder[file], "");
    }

    private protected TempFolder Folder { get; } = new();

    public void Dispose()
    {
        Folder.Dispose();
        GC.SuppressFinalize(this);
    }

    private protected (MqttServerSettings Settings, IReadOnlyList<string> Warnings) Read(string text)
    {
        File.WriteAllText(Folder["m.conf"], text);
        var (hocon, warnings) = MosquittoConfig.Read(Folder["m.conf"]);
        return (MqttServerSettings.Create(ConfigurationFactory.ParseString(hocon)), warnings);
    }

    /// <summary>Line and option of a warning.</summary>
    private protected string OfLine(string warning)
    {
        var rest = warning[Folder["m.conf"].Length..];
        return rest[..(rest.IndexOf(": ", StringComparison.Ordinal) + 1)] + rest[(rest.IndexOf(": ", StringComparison.Ordinal) + 1)..].Split(':')[0] + ":";
    }
}
