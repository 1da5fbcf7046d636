using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Server.PacketRules;

/// <summary>What a client did wrong so that its connection must end. Null stands for nothing, so what is right costs nothing.</summary>
/// <param name="Reason">The code.</param>
/// <param name="Text">The same for people: the Reason String of DISCONNECT and the log have it. No text of a client in it.</param>
internal sealed record Violation(ReasonCode Reason, string Text)
{
    /// <summary>A Protocol Error.</summary>
    public static Violation Protocol(string text) => new(ReasonCode.ProtocolError, text);
}
