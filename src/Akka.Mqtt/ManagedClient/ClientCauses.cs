using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.ManagedClient;

/// <summary>Why connections ended, for the handler.</summary>
internal static class ClientCauses
{
    /// <summary>A connection was closed.</summary>
    /// <param name="closed">How.</param>
    /// <returns>The cause.</returns>
    public static MqttClient.Cause Of(Mqtt.ConnectionClosed closed) => closed switch
    {
        Mqtt.ErrorClosed { Reason: CloseReason.ProtocolError } old when old.Message.Contains(Protocol.Codec.PacketProblem.ConnAckOfV3, StringComparison.Ordinal) =>
            new MqttClient.Cause(MqttClientCause.Refused, "The server does not support MQTT 5.0: use version = \"3.1.1\".")
            {
                ReasonCode = ReasonCode.UnsupportedProtocolVersion,
            },
        Mqtt.ErrorClosed { Reason: CloseReason.MalformedPacket or CloseReason.ProtocolError or CloseReason.PacketTooLarge or CloseReason.QuotaExceeded } broken =>
            new MqttClient.Cause(MqttClientCause.ProtocolError, $"The server broke the protocol: {broken.Message.TrimEnd('.')}."),
        Mqtt.ErrorClosed error => new MqttClient.Cause(MqttClientCause.ConnectionLost, $"{error.Message.TrimEnd('.')}."),
        _ => new MqttClient.Cause(MqttClientCause.ConnectionLost, "The server closed the connection."),
    };

    /// <summary>A command to the connection failed.</summary>
    /// <param name="failed">How.</param>
    /// <returns>The cause.</returns>
    public static MqttClient.Cause Of(Mqtt.CommandFailed failed) => new(
        failed.Command is Mqtt.Connect ? MqttClientCause.DialFailed
            : failed.Reason == CommandFailure.ConnectionClosed ? MqttClientCause.ConnectionLost : MqttClientCause.ProtocolError,
        failed.Message)
    {
        Exception = failed.Cause,
    };

    /// <summary>The queue that survives the process failed.</summary>
    /// <param name="failure">How.</param>
    /// <returns>The cause.</returns>
    public static MqttClient.Cause OfQueue(Exception failure) => new(MqttClientCause.QueueFailed, failure.Message) { Exception = failure };

    /// <summary>The server refused CONNECT.</summary>
    /// <param name="answer">How.</param>
    /// <returns>The cause.</returns>
    public static MqttClient.Cause Of(ConnAck answer) => new(
        MqttClientCause.Refused, $"The server refused the connection: {Explain(answer.ReasonCode, answer.Properties?.ReasonString)}.")
    {
        ReasonCode = answer.ReasonCode,
    };

    /// <summary>The server sent DISCONNECT.</summary>
    /// <param name="goodbye">How.</param>
    /// <returns>The cause.</returns>
    public static MqttClient.Cause Of(Disconnect goodbye) => new(
        MqttClientCause.ServerDisconnected, $"The server disconnected: {Explain(goodbye.ReasonCode, goodbye.Properties?.ReasonString)}.")
    {
        ReasonCode = goodbye.ReasonCode,
    };

    private static string Explain(ReasonCode code, string? reason) => reason is null ? code.ToString() : $"{code}, {LogText.Escape(reason)}";
}
