using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server.Security;

namespace Akka.Mqtt.Server.Sessions;

/// <summary>
/// Handles messages to a session about the rights of its client: answers of an authenticator, and changes of the rules. Owned by the
/// session.
/// </summary>
internal sealed class AuthenticationSteps(SessionConnections connections, ClientIntake intake, ClientWriter writer, IConnectionUser user)
{
    /// <summary>Handles a message about rights.</summary>
    /// <param name="message">The message.</param>
    /// <returns>Whether the message was about rights.</returns>
    public bool Receive(object message)
    {
        switch (message)
        {
            case Reauthentication.Stepped stepped:
                if (ReferenceEquals(stepped.Link, connections.Link))
                    Receive(stepped);
                return true;
            case Reauthentication.Failed failed:
                if (ReferenceEquals(failed.Link, connections.Link) && intake.IsAtWork(failed.Exchange))
                    connections.Refuse(ReasonCode.UnspecifiedError, "an authenticator failed", failed.Cause);
                return true;
            case Reauthentication.TimeUp late:
                if (ReferenceEquals(late.Link, connections.Link) && intake.IsAtWork(late.Exchange))
                    connections.Refuse(ReasonCode.NotAuthorized, "authentication took longer than the server allows");
                return true;
            case SecurityActor.Changed:
                user.Recheck();
                return true;
            default:
                return false;
        }
    }

    private void Receive(Reauthentication.Stepped stepped)
    {
        if (!intake.TryAdvance(stepped, out var result))
            return;
        if (result is { IsAccepted: false })
        {
            // [MQTT-4.12.1-2 v5]
            var fits = result.ReasonCode.IsAllowed(MqttPacketType.Disconnect, MqttRole.Server);
            connections.Refuse(fits ? result.ReasonCode : ReasonCode.NotAuthorized, "the client failed to authenticate again");
            return;
        }
        if (result is not null)
            connections.Link!.Identity = connections.Link.Identity with { Credential = result.Credential };
        writer.Flush();
        user.Recheck(); // the rules may have changed in the meantime
    }
}
