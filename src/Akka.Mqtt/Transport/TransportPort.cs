namespace Akka.Mqtt.Transport;

/// <summary>
/// The transport as its connection actor sees it. Only that actor calls it, and disposes it when it stops. Every kind of port reports with
/// <see cref="Link.Event"/> messages to the connection.
/// </summary>
internal abstract class TransportPort : IDisposable
{
    /// <summary>
    /// Called before a write. True when writes complete at once and more packets may be in the mailbox: the port then sends
    /// <see cref="FlushNow"/> behind these messages, and one write contains all. False: write now.
    /// </summary>
    public abstract bool TryGather();

    /// <summary>Starts reading, because a handler is registered. Until then nothing is read.</summary>
    public abstract void Register();

    /// <summary>
    /// Reads the bytes that a message announced. False: there were none, or the stream has ended, which is reported by a separate message.
    /// </summary>
    public abstract bool TryRead(object message, out ReadOnlyMemory<byte> chunk);

    /// <summary>Translates a message of another type to ours; null when it does not concern the connection.</summary>
    public virtual Link.Event? Translate(object message) => null;

    /// <summary>Continues reading, because a chunk has been taken.</summary>
    public abstract void ReadOn(int taken, bool suspended);

    /// <summary>Stops reading until <see cref="ResumeReading"/>; one chunk may still arrive.</summary>
    public abstract void SuspendReading();

    /// <summary>Continues reading.</summary>
    public abstract void ResumeReading();

    /// <summary>
    /// Writes a chunk; only one write may be in progress. True: it is written. False: <see cref="WriteDone"/> or the end will be sent.
    /// </summary>
    public abstract bool Write(in OutgoingChunk chunk);

    /// <summary>Closes our half, and sends an event when the peer has closed its half.</summary>
    public abstract void ConfirmedClose();

    /// <summary>Closes a port that was never registered.</summary>
    public abstract void Close();

    /// <summary>Resets the connection.</summary>
    public abstract void Abort();

    /// <summary>Releases the port, because the connection has ended.</summary>
    public virtual void Dispose()
    {
    }
}
