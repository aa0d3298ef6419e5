import time, statistics
from dataclasses import replace
from tests.accounts import *
from tests.api.office import Office
def test_timing(office):
    office.stage.parts = replace(office.stage.parts, rules=replace(office.stage.parts.rules, password_memory_kib=65536, otp_limit=(10000,3600)))
    office = Office(office.stage)
    from domain import passwords
    w=office.stage.work(); w.put(office.cast.farida.but(password_hash=passwords.hash_of(PASSWORD,65536))); w.commit()
    for path,prove,idn,pw in (("/auth/clinic/login","/auth/clinic/verify-login","loginRequestId","password"),("/auth/forgot-password","/auth/reset-password","resetRequestId","newPassword")):
        res={}
        for rounds in range(40):
            for who,num in (("known",office.cast.farida.whatsapp_number),("unknown",NOBODYS_NUMBER)):
                t=time.perf_counter(); a=office.http.post("/api/v1"+path,json={"whatsappNumber":num,"clinicId":"clinic_city"}); res.setdefault((who,"ask"),[]).append(time.perf_counter()-t)
                rid=a.json["data"][idn]
                office.settle()
                t=time.perf_counter(); a=office.http.post("/api/v1"+prove,json={idn:rid,"otp":"000000",pw:"wrongPassword123"}); res.setdefault((who,"prove"),[]).append(time.perf_counter()-t)
        for k,v in sorted(res.items()): print(path,k,round(statistics.median(v)*1000,2),"ms")
    r=office.http.post("/api/v1/auth/clinic/verify-login",data=b'{"loginRequestId":"x","otp":"123456","password":"a\\ud800bcdefgh1"}',content_type="application/json"); print(r.status_code, r.text)
