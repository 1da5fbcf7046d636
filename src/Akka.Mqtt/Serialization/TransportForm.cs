namespace Akka.Mqtt.Serialization;

/// <summary>
/// The wire form of <see cref="TransportInfo"/>. An end point that cannot be sent arrives as null, the peer's certificate arrives without
/// a private key, and the byte counts of the connection stay on its node.
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
