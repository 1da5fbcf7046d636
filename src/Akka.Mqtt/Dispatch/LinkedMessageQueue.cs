using Akka.Actor;
using Akka.Dispatch;
using Akka.Dispatch.MessageQueues;

namespace Akka.Mqtt.Dispatch;

/// <summary>
/// A linked queue of messages. Many threads add to it; only the thread that runs the actor removes from it. A thread that adds exchanges
/// the end and then links the previous node. Between these two steps the queue is not empty, but its next message cannot be reached yet.
/// </summary>
internal class LinkedMessageQueue : IMessageQueue, IUnboundedMessageQueueSemantics
{
    private Node _taken = new(default); // the node that was taken last; its successor is the next message
    private Node _last;

    public LinkedMessageQueue() => _last = _taken;

    public bool HasMessages => !ReferenceEquals(Volatile.Read(ref _taken), Volatile.Read(ref _last));

    /// <summary>The number of waiting messages; an estimate while other threads add and remove.</summary>
    public int Count
    {
        get
        {
            var count = 0;
            for (var node = Volatile.Read(ref _taken).Next; node is not null; node = node.Next)
                count++;
            return count;
        }
    }

    public void Enqueue(IActorRef receiver, Envelope envelope)
    {
        var node = new Node(envelope);
        Interlocked.Exchange(ref _last, node).Next = node;
    }

    public bool TryDequeue(out Envelope envelope)
    {
        var taken = _taken;
        if (taken.Next is not { } next)
        {
            if (!HasMessages)
            {
                envelope = default;
                return false;
            }

            next = Await(taken);
        }

        envelope = next.Envelope;
        next.Envelope = default;
        Volatile.Write(ref _taken, next);
        taken.Next = null; // otherwise an old node would keep all later nodes in memory
        return true;
    }

    public virtual void CleanUp(IActorRef owner, IMessageQueue deadletters)
    {
        while (TryDequeue(out var envelope))
            deadletters.Enqueue(owner, envelope);
    }

    /// <summary>Waits for a thread that is between its two steps.</summary>
    private static Node Await(Node taken)
    {
        var spinner = default(SpinWait);
        Node? next;
        while ((next = taken.Next) is null)
            spinner.SpinOnce(sleep1Threshold: -1);
        return next;
    }

    private sealed class Node(Envelope envelope)
    {
        public Envelope Envelope = envelope;
        public volatile Node? Next;
    }
}
