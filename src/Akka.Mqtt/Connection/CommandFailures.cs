using Akka.Actor;
using Akka.Event;
using Akka.IO;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Telemetry;

namespace Akka.Mqtt.Connection;

/// <summary>Rejects commands: counts each, and sends its sender CommandFailed.</summary>
internal static class CommandFailures
{
    public static void Fail(IActorRef commander, object command, CommandFailure reason, string text, ReasonCode? code = null)
    {
        MqttMeters.CommandFailed(reason);
        if (!commander.IsNobody())
            commander.Tell(new Mqtt.CommandFailed(command, reason, text) { ReasonCode = code });
    }

    /// <summary>
    /// Answers the sender of a message that connections do not handle. Events are not answered: otherwise two connections could answer
    /// each other without end.
    /// </summary>
    /// <returns>Whether it was answered.</returns>
    public static bool Refuse(IActorRef sender, object message)
    {
        if (message is not Mqtt.Command && (message is Mqtt.Event or IDeadLetterSuppression or ActorIdentity or Status.Failure or Tcp.Event))
            return false;
        Fail(sender, message, CommandFailure.NotSupported, message is Mqtt.Command
            ? "A connection does not accept this command now."
            : $"A connection accepts packets and commands of Mqtt, but not {message.GetType().FullName}.");
        return true;
    }
}
