using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server.Local;
using Akka.Mqtt.Server.Shared;

namespace Akka.Mqtt.Server.Bridges;

/// <summary>The settings of the two clients of a bridge.</summary>
internal static class BridgeClients
{
    /// <summary>
    /// The settings of the client at this server. Its session is kept when it disconnects, and with it the messages that wait for the
    /// other server.
    /// </summary>
    /// <param name="bridge">The bridge.</param>
    /// <param name="context">The server.</param>
    /// <param name="address">The in-process address at which the server accepts this client.</param>
    /// <returns>The settings.</returns>
    public static MqttClientSettings Local(MqttBridgeSettings bridge, ServerContext context, InMemoryEndPoint address) =>
        OwnClients.Settings($"bridge.{bridge.Name}", address, context) with
        {
            CleanStart = bridge.LocalCleanStart,
            ReceiveMaximum = bridge.Client.ReceiveMaximum,
            MaxCommands = bridge.Client.MaxCommands,
            MaxQueuedBytes = bridge.Client.MaxQueuedBytes,
            MaxUnhandledBytes = bridge.Client.MaxUnhandledBytes,
        };

    /// <summary>Whether a bridge has settings that MQTT before 5.0 cannot carry.</summary>
    public static bool NeedsV5(MqttBridgeSettings bridge) => bridge.Client is { AuthenticationMethod: not null } or { Password: not null, UserName: null };

    /// <summary>The settings of the client at the other server.</summary>
    /// <param name="bridge">The bridge.</param>
    /// <param name="form">The protocol version and the options with which the bridge connects.</param>
    /// <returns>The settings.</returns>
    public static MqttClientSettings Remote(MqttBridgeSettings bridge, RemoteForm form) => bridge.Client with
    {
        ClientId = bridge.RemoteClientId,
        Version = form.Version,
        IsBridge = form.IsPrivate && form.Version != MqttVersion.V5,
        CommandTimeout = null,
        AcknowledgeAutomatically = false,
        Will = bridge.Notifications == MqttBridgeNotifications.Both
            ? new Will(bridge.StateTopic, "0") { QoS = form.StateQoS, Retain = form.KeepsState }
            : bridge.Client.Will,
    };
}
