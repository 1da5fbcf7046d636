using System.Collections.Concurrent;
using Akka.Actor;
using Akka.Dispatch;

namespace Akka.Mqtt.Dispatch;

/// <summary>
/// Actors that wait to run on the thread that woke them, after the current actor. A received chunk wakes the connection, the connection
/// wakes its handler, the handler a session, and the session another connection. On one thread this needs one wake-up by the kernel; on
/// the thread pool it needs several (docs/adr/0013). Each thread has its own queue, and only that thread uses it. Bounded: actors that do
/// not fit, or that wait too long, are given to the thread pool, where other cores run them.
/// </summary>
internal sealed class RunQueue
{
    /// <summary>How many actors a thread keeps for itself when the process has more than one core. The rest is given to the pool.</summary>
    private const int MostKept = 64;

    /// <summary>After this number of runs of actors, the thread gives the rest to the pool and waits for its sockets again.</summary>
    private const int MostRuns = 512;

    private const int Size = 1024;

    private static readonly int Limit = Environment.ProcessorCount == 1 ? Size : MostKept;
    private static readonly ConcurrentQueue<IRunnable> Shared = new();
    private static readonly PoolRun RunShared = new();

    [ThreadStatic]
    private static RunQueue? _ofThread;

    private readonly IRunnable[] _waiting = new IRunnable[Size];
    private int _first;
    private int _count;
    private IRunnable[] _late = new IRunnable[16];
    private int _lateCount;
    private bool _isRunning;

    private RunQueue()
    {
    }

    /// <summary>Runs an actor after the current one if this thread runs our actors, and otherwise on the thread pool.</summary>
    public static void Add(IRunnable run)
    {
        if (_ofThread is { _isRunning: true } queue && queue._count < Limit)
            queue.Enqueue(run);
        else
            Share(run);
    }

    /// <summary>
    /// Runs a write when no other actor is left to run on this thread, so that it includes everything that was sent to the connection
    /// until then. Writes run last in, first out: a delivery to a subscriber is written before the acknowledgement of the publisher, which
    /// was ready earlier. Returns false when this thread does not run our actors.
    /// </summary>
    public static bool TryAddLast(IRunnable run)
    {
        if (_ofThread is not { _isRunning: true } queue)
            return false;
        if (queue._lateCount == queue._late.Length)
            Array.Resize(ref queue._late, queue._late.Length * 2);
        queue._late[queue._lateCount++] = run;
        return true;
    }

    /// <summary>
    /// Sends a message to an actor from a thread that completes input or output, and runs the actors that this wakes before it returns.
    /// </summary>
    public static void TellAndRun(IActorRef actor, object message) =>
        RunWith(actor, static (actor, message) => actor.Tell(message, ActorRefs.NoSender), message);

    /// <summary>Runs code that sends messages to actors, and then runs the actors that this wakes before it returns.</summary>
    public static void RunWith<TOn, TWhat>(TOn on, Action<TOn, TWhat> tell, TWhat what)
    {
        var queue = _ofThread ??= new RunQueue();
        if (queue._isRunning)
        {
            tell(on, what);
            return;
        }

        queue._isRunning = true;
        try
        {
            tell(on, what);
            queue.RunAll();
        }
        finally
        {
            queue.End();
        }
    }

    private static void Share(IRunnable run)
    {
        Shared.Enqueue(run);
        ThreadPool.UnsafeQueueUserWorkItem(RunShared, preferLocal: false);
    }

    private void Enqueue(IRunnable run) => _waiting[(_first + _count++) & (Size - 1)] = run;

    private void RunAll()
    {
        for (var runs = 0; runs < MostRuns; runs++)
        {
            if (_count > 0)
                Dequeue().Run();
            else if (_lateCount > 0)
                TakeLate().Run();
            else
                return;
        }
    }

    private IRunnable Dequeue()
    {
        var run = _waiting[_first];
        _waiting[_first] = null!;
        _first = (_first + 1) & (Size - 1);
        _count--;
        return run;
    }

    private IRunnable TakeLate()
    {
        var run = _late[--_lateCount];
        _late[_lateCount] = null!;
        return run;
    }

    /// <summary>Gives the remaining actors to the pool, because the thread has used up its runs.</summary>
    private void End()
    {
        _isRunning = false;
        while (_count > 0)
            Share(Dequeue());
        while (_lateCount > 0)
            Share(TakeLate());
    }

    /// <summary>Work for a thread of the pool: one actor that was given to the pool, and the actors that it wakes.</summary>
    private sealed class PoolRun : IThreadPoolWorkItem
    {
        public void Execute()
        {
            if (!Shared.TryDequeue(out var run))
                return;
            var queue = _ofThread ??= new RunQueue();
            queue._isRunning = true;
            try
            {
                run.Run();
                queue.RunAll();
            }
            finally
            {
                queue.End();
            }
        }
    }
}
