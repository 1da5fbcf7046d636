namespace Akka.Mqtt.Serialization;

/// <summary>
/// The form of what is known of a transport. An end point of a kind that does not travel arrives as null, the peer's certificate without a
/// private key, and the counters of the connection stay on its node.
/// </summary>
internal static class TransportForm
{
    public static void Write(WireWriter to, TransportInfo transport)
    {
        to.Byte((byte)transport.Kind);
        EndPointForm.WriteIfKnown(to, transport.LocalAddress);
        EndPointForm.WriteIfKnown(to, transport.RemoteAddress);
        TlsForm.Write(to, transport.PeerCertificate);
    }

    public static TransportInfo Read(WireReader from) => new((MqttTransport)from.Byte())
    {
        LocalAddress = EndPointForm.Read(from),
        RemoteAddress = EndPointForm.Read(from),
        PeerCertificate = TlsForm.ReadCertificate(from),
    };
}
