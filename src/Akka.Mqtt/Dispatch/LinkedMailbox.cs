using System.Diagnostics.CodeAnalysis;
using Akka.Actor;
using Akka.Configuration;
using Akka.Dispatch;
using Akka.Dispatch.MessageQueues;

namespace Akka.Mqtt.Dispatch;

/// <summary>
/// The mailbox of <c>akka.mqtt.dispatcher</c>: one small object for each message that waits, and nothing for an actor that has none. Akka's own
/// keeps an array for 32 messages, a KiB, which each actor of a connection would have (docs/adr/0004).
/// </summary>
[SuppressMessage("Performance", "CA1812", Justification = "Made by Akka from its name.")]
internal sealed class LinkedMailbox(Actor.Settings settings, Config config) : MailboxType(settings, config), IProducesMessageQueue<LinkedMessageQueue>
{
    public override IMessageQueue Create(IActorRef owner, ActorSystem system) => new LinkedMessageQueue();
}
