using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Server.PacketRules;

/// <summary>
/// A violation of the protocol by the client, for which the server must close the connection. Null means no violation, so the usual case
/// allocates nothing.
/// </summary>
/// <param name="Reason">The code.</param>
/// <param name="Text">The same as text, for the Reason String of DISCONNECT and the log. It contains no text of a client.</param>
internal sealed record Violation(ReasonCode Reason, string Text)
{
    /// <summary>A Protocol Error.</summary>
    public static Violation Protocol(string text) => new(ReasonCode.ProtocolError, text);
}
