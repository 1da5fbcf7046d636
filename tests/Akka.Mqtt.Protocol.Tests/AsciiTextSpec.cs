using System.Text;
using Akka.Mqtt.Protocol.Text;

namespace Akka.Mqtt.Protocol.Tests;

/// <summary>The vectors against a character at a time: every length up to several vectors, one odd character at every place.</summary>
public sealed class AsciiTextSpec
{
    private const string Odd = "\0\u0001+#/\u007F\u0080\u00E9\u0100\u012B\u0123\u2023\uD800\uFFFF";

    [Fact]
    public void Texts_must_be_judged_like_character_by_character()
    {
        foreach (var text in Texts())
        {
            Assert.Equal(text.Length > 0 && text.All(unit => IsText(unit) && unit is not ('+' or '#')), TopicName.IsPlain(text));
            if (!text.All(unit => unit < 0x100))
                continue;
            var bytes = Encoding.Latin1.GetBytes(text);
            Assert.Equal(text.All(IsText), AsciiText.IsText(bytes));
            Assert.Equal(text.All(unit => IsText(unit) && unit is not ('+' or '#')), AsciiText.IsTopic(bytes));
        }
    }

    [Fact]
    public void Filters_must_be_judged_like_level_by_level()
    {
        var random = new Random(11);
        var valid = 0;
        for (var time = 0; time < 20_000; time++)
        {
            var filter = string.Create(random.Next(90), random, static (text, random) =>
            {
                for (var at = 0; at < text.Length; at++)
                    text[at] = random.Next(12) switch { 0 => '+', < 5 => '/', _ => 'a' };
                if (text.Length > 0 && random.Next(3) == 0)
                    text[^1] = '#';
                if (text.Length > 0 && random.Next(20) == 0)
                    text[random.Next(text.Length)] = "\0\u00E9#\u012B"[random.Next(4)];
            });
            Check(filter);
        }

        foreach (var text in Texts())
            Check(text);
        Assert.True(valid > 1_000);

        void Check(string filter)
        {
            var levels = filter.Split('/');
            var isValid = filter.All(IsText) && levels.Select((level, at) => (level, at)).All(each =>
                each.level is "+" || (each.level is "#" && each.at == levels.Length - 1) || !each.level.Any(unit => unit is '+' or '#'));
            var isPlain = filter.Length is >= 16 and <= 64 ? isValid : filter.All(unit => IsText(unit) && unit is not ('+' or '#'));
            Assert.Equal(isPlain && filter.Length > 0, AsciiText.IsFilter(filter));
            if (filter.All(unit => unit < 0x100))
                Assert.Equal(isPlain, AsciiText.IsFilter(Encoding.Latin1.GetBytes(filter)));
            Assert.Equal(isValid && filter.Length > 0, TopicFilter.IsValid(filter) && filter.All(char.IsAscii));
            valid += isValid ? 1 : 0;
        }
    }

    private static bool IsText(char unit) => unit is > '\0' and < '\u0080';

    private static IEnumerable<string> Texts()
    {
        for (var length = 0; length <= 70; length++)
        {
            yield return new string('a', length);
            for (var at = 0; at < length; at++)
            {
                foreach (var odd in Odd)
                    yield return new string('~', at) + odd + new string('b', length - at - 1);
            }
        }
    }
}
