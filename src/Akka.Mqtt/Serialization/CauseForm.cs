namespace Akka.Mqtt.Serialization;

/// <summary>The wire form of an exception: its texts, with which the other node creates a <see cref="RemoteCause"/>.</summary>
internal static class CauseForm
{
    public static void Write(WireWriter to, Exception? cause)
    {
        to.Bool(cause is not null);
        if (cause is null)
            return;
        to.Text(cause is RemoteCause remote ? remote.TypeName : cause.GetType().FullName);
        to.Text(cause.Message);
        to.Text(cause.ToString());
    }

    public static RemoteCause? Read(WireReader from) => from.Bool() ? new RemoteCause(from.Text(), from.Text(), from.Text()) : null;
}
