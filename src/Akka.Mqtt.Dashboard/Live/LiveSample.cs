namespace Akka.Mqtt.Dashboard.Live;

/// <summary>The figures of one second. Rates are per second, since the previous sample.</summary>
/// <param name="At">When it was taken.</param>
/// <param name="Clients">Clients that are connected.</param>
/// <param name="Connections">Open connections.</param>
/// <param name="Sessions">Sessions, with a client or without.</param>
/// <param name="Subscriptions">Subscriptions.</param>
/// <param name="RetainedMessages">Retained messages.</param>
/// <param name="LoadLevel">The memory load level of the server.</param>
/// <param name="MessagesReceived">PUBLISH packets received, a second.</param>
/// <param name="MessagesSent">PUBLISH packets sent, a second.</param>
/// <param name="BytesReceived">Bytes received, a second.</param>
/// <param name="BytesSent">Bytes sent, a second.</param>
/// <param name="Connects">Connections accepted, a second.</param>
/// <param name="Dropped">Messages dropped, a second.</param>
/// <param name="Refused">Refusals, a second.</param>
/// <param name="WaitingBytes">Bytes of messages that are queued, not acknowledged, or not written.</param>
/// <param name="ProcessMemory">Bytes of memory that the process uses.</param>
/// <param name="ProcessorPercent">Processor time of the process, in percent of one core.</param>
internal sealed record LiveSample(
    DateTimeOffset At,
    long Clients,
    long Connections,
    long Sessions,
    long Subscriptions,
    long RetainedMessages,
    string LoadLevel,
    double MessagesReceived,
    double MessagesSent,
    double BytesReceived,
    double BytesSent,
    double Connects,
    double Dropped,
    double Refused,
    long WaitingBytes,
    long ProcessMemory,
    double ProcessorPercent);
