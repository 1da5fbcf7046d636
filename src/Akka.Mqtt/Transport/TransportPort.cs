namespace Akka.Mqtt.Transport;

/// <summary>
/// What one connection actor reads from and writes to. Only that actor calls it, and disposes of it when it stops. What a port has to tell comes
/// as a <see cref="Link.Event"/> to the connection, whatever it is made of.
/// </summary>
internal abstract class TransportPort : IDisposable
{
    /// <summary>
    /// Asked before a write. True where writes end at once and more packets may be in the mailbox: then <see cref="FlushNow"/> comes behind the messages that
    /// are there now, and one write takes all. False: write now.
    /// </summary>
    public abstract bool TryGather();

    /// <summary>A handler is there: reading begins. Until then nothing is read.</summary>
    public abstract void Register();

    /// <summary>Reads the bytes that a message announced. False: there were none, or it was the end of the stream, which is reported by a message of its own.</summary>
    public abstract bool TryRead(object message, out ReadOnlyMemory<byte> chunk);

    /// <summary>What a message in the words of another means in ours; null if that is nothing to the connection.</summary>
    public virtual Link.Event? Translate(object message) => null;

    /// <summary>A chunk has been taken and the next may be read.</summary>
    public abstract void ReadOn(int taken, bool suspended);

    /// <summary>Reads no more until <see cref="ResumeReading"/>; a chunk may still come.</summary>
    public abstract void SuspendReading();

    /// <summary>Reads on.</summary>
    public abstract void ResumeReading();

    /// <summary>Writes a chunk, one at a time. True: it is written. False: <see cref="WriteDone"/> or the end will be told.</summary>
    public abstract bool Write(in OutgoingChunk chunk);

    /// <summary>Ends our half and tells when the peer has ended its own.</summary>
    public abstract void ConfirmedClose();

    /// <summary>Closes a port that was never registered.</summary>
    public abstract void Close();

    /// <summary>Resets the connection.</summary>
    public abstract void Abort();

    /// <summary>The connection has ended.</summary>
    public virtual void Dispose()
    {
    }
}
