using Akka.Actor;
using Akka.Event;
using Akka.IO;
using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Connection;

/// <summary>The one way in which a connection refuses a command: it is counted, and its sender is told.</summary>
internal static class CommandFailures
{
    public static void Fail(IActorRef commander, object command, CommandFailure reason, string text, ReasonCode? code = null)
    {
        MqttMeters.CommandFailed(reason);
        if (!commander.IsNobody())
            commander.Tell(new Mqtt.CommandFailed(command, reason, text) { ReasonCode = code });
    }

    /// <summary>
    /// Answers whoever told a connection something that it does not take. Events are not answered, or two connections could answer each other for
    /// ever.
    /// </summary>
    /// <returns>Whether it was answered.</returns>
    public static bool Refuse(IActorRef sender, object message)
    {
        if (message is not Mqtt.Command && (message is Mqtt.Event or IDeadLetterSuppression or ActorIdentity or Status.Failure or Tcp.Event))
            return false;
        Fail(sender, message, CommandFailure.NotSupported, message is Mqtt.Command
            ? "A connection does not take this command now."
            : $"A connection takes packets and commands of Mqtt, but not {message.GetType().FullName}.");
        return true;
    }
}
