using System.Diagnostics.CodeAnalysis;
using Akka.Actor;
using Akka.Configuration;
using Akka.Dispatch;
using Akka.Dispatch.MessageQueues;
using Akka.IO;
using Akka.Mqtt.Dispatch;

namespace Akka.Mqtt.Transport;

/// <summary>
/// The mailbox of Akka.IO's connection actor. A connection that ends stops that actor, often before it has read its last commands. Akka would log each of
/// them as a dead letter, although nothing is lost, because their network connection is closed.
/// </summary>
[SuppressMessage("Performance", "CA1812", Justification = "Made by Akka from its name.")]
internal sealed class TransportMailbox(Actor.Settings settings, Config config) : MailboxType(settings, config), IProducesMessageQueue<TransportMailbox.Queue>
{
    /// <summary>Its path in the reference configuration.</summary>
    public const string Path = "akka.mqtt.transport-mailbox";

    public override IMessageQueue Create(IActorRef owner, ActorSystem system) => new Queue();

    internal sealed class Queue : LinkedMessageQueue
    {
        public override void CleanUp(IActorRef owner, IMessageQueue deadletters)
        {
            while (TryDequeue(out var envelope))
            {
                if (envelope.Message is not Tcp.Command)
                    deadletters.Enqueue(owner, envelope);
            }
        }
    }
}
