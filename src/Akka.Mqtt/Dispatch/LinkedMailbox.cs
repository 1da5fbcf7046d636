using System.Diagnostics.CodeAnalysis;
using Akka.Actor;
using Akka.Configuration;
using Akka.Dispatch;
using Akka.Dispatch.MessageQueues;

namespace Akka.Mqtt.Dispatch;

/// <summary>
/// The mailbox of <c>akka.mqtt.dispatcher</c>. It needs one small object for each waiting message, and nothing for an empty mailbox.
/// Akka's own mailbox has an array for 32 messages, one KiB, for each actor of a connection (docs/adr/0004).
/// </summary>
[SuppressMessage("Performance", "CA1812", Justification = "Akka creates it by name.")]
internal sealed class LinkedMailbox(Actor.Settings settings, Config config) : MailboxType(settings, config), IProducesMessageQueue<LinkedMessageQueue>
{
    public override IMessageQueue Create(IActorRef owner, ActorSystem system) => new LinkedMessageQueue();
}
