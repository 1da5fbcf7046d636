using Akka.Configuration;
using Akka.Configuration.Hocon;
using Akka.Mqtt.Cluster;
using Akka.Mqtt.Server;

namespace Akka.Mqtt.Hosting.Binding;

/// <summary>A section of our settings with its allowed keys, which are those of the reference configuration.</summary>
internal sealed class SettingSections(string path, Config reference)
{
    private const string Listeners = $"{MqttServerSettings.Section}.listeners";
    private const string Bridges = $"{MqttServerSettings.Section}.bridges";
    private const string BridgeDefaults = $"{MqttServerSettings.Section}.bridge-defaults";

    public static SettingSections Server { get; } =
        new(MqttServerSettings.Section, MqttServer.DefaultConfig().WithFallback(MqttExt.DefaultConfig()));

    public static SettingSections Client { get; } = new(MqttClientSettings.Section, MqttExt.DefaultConfig());

    public static SettingSections Cluster { get; } = new("akka.mqtt.cluster", MqttCluster.DefaultConfig());

    public string Path => path;

    /// <summary>Whether a section contains names chosen by the user, so that any key is allowed.</summary>
    public static bool HasFreeNames(string section) => section is Listeners or Bridges;

    /// <summary>The keys of a section.</summary>
    public IReadOnlyCollection<string> KeysOf(string section) =>
        Find(IsClientOfBridge(section) ? MqttClientSettings.Section : section) is { } value && value.IsObject() ? [.. value.GetObject().Items.Keys] : [];

    /// <summary>Whether the reference configuration has a section at a key, not a value.</summary>
    public bool IsSection(string key) => HasFreeNames(key[..key.LastIndexOf('.')]) || Find(key)?.IsObject() == true;

    /// <summary>Whether the reference configuration has a value at a key that is not an empty list.</summary>
    public bool HasDefault(string key) => Find(key) is { } value && (value.IsString() || value.IsArray() || value.IsObject());

    /// <summary>Whether the reference configuration has a list at a key that is not empty.</summary>
    public bool IsList(string key) => Find(key)?.IsArray() == true;

    private HoconValue? Find(string key)
    {
        const string connection = $"{MqttServerSettings.Section}.connection";
        if (key == connection || key.StartsWith($"{connection}.", StringComparison.Ordinal))
            key = MqttConnectionSettings.Section + key[connection.Length..];
        else if (key.StartsWith($"{Listeners}.", StringComparison.Ordinal))
            key = $"{MqttServerSettings.Section}.listener-defaults{After(key[(Listeners.Length + 1)..])}";
        else if (key.StartsWith($"{Bridges}.", StringComparison.Ordinal))
            key = BridgeDefaults + After(key[(Bridges.Length + 1)..]);
        const string client = $"{BridgeDefaults}.client."; // contains only keys that differ from the settings of other clients
        if (key.StartsWith(client, StringComparison.Ordinal) && !reference.HasPath(key))
            key = $"{MqttClientSettings.Section}.{key[client.Length..]}";
        return reference.HasPath(key) ? reference.GetValue(key) : null;
    }

    private static bool IsClientOfBridge(string section) =>
        section == $"{BridgeDefaults}.client"
        || (section.StartsWith($"{Bridges}.", StringComparison.Ordinal) && After(section[(Bridges.Length + 1)..]) == ".client");

    /// <summary>The part of a path after the name of a listener or bridge.</summary>
    private static string After(string name) => name.IndexOf('.', StringComparison.Ordinal) is var dot and >= 0 ? name[dot..] : "";
}
